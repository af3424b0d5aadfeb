from tests.workflows.item_stories import stocked as stocked
