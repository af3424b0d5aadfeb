"""The machines of this business."""

from mobile_contracts.machines.contract_card import ContractCard
from mobile_contracts.machines.contract_end import ContractEnd
from mobile_contracts.machines.contract_plan_change import ContractPlanChange

MACHINES = (ContractEnd, ContractPlanChange, ContractCard)
