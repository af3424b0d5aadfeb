"""Python models of the schemas of an OpenAPI document."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from worker.actions.openapi import DocumentRefused

IMPORTED = {"typing", "pydantic", "tools.base", "tools.http.answers"}
WRITTEN = (
    ast.Module, ast.ImportFrom, ast.alias, ast.ClassDef, ast.AnnAssign, ast.Assign, ast.Name, ast.Load, ast.Store,
    ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.BitOr, ast.Call, ast.keyword, ast.Expr,
    ast.Attribute, ast.Pass, ast.UnaryOp, ast.USub,
)  # fmt: skip
CALLED = {"Field", "model_rebuild", "RootModel", "ConfigDict"}
"""Whatever else stands in the code is not of a schema, and the document has smuggled it in."""


def models(schemas: Mapping[str, Any], bases: Mapping[str, str]) -> str:
    """The source of a class for each schema; ``bases`` are dotted names, by the schema's name.

    Raises :class:`~worker.actions.openapi.DocumentRefused` for schemas of which no models can be made.
    """
    try:
        from datamodel_code_generator import InputFileType, generate
        from datamodel_code_generator.enums import DataModelType
        from datamodel_code_generator.format import Formatter, PythonVersion
        from datamodel_code_generator.parser import LiteralType
    except ImportError:
        raise DocumentRefused(
            "models are made with datamodel-code-generator; expected a checkout's 'make install'"
        ) from None
    document = {
        "openapi": "3.0.3",
        "info": {"title": "", "version": ""},
        "paths": {},
        "components": {"schemas": dict(schemas)},
    }
    try:
        made = generate(
            json.dumps(document),
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            base_class_map=dict(bases),
            base_class="tools.http.answers.Told",
            enum_field_as_literal=LiteralType.All,
            use_annotated=True,
            use_union_operator=True,
            use_standard_collections=True,
            snake_case_field=True,
            field_constraints=True,
            disable_timestamp=True,
            disable_future_imports=True,
            allow_remote_refs=False,
            formatters=[Formatter.BUILTIN],
            custom_file_header="#",
        )
    except Exception as error:
        # Of whatever kind its parser finds.
        raise DocumentRefused(f"no models can be made of its schemas ({type(error).__name__})") from None
    source = str(made).removeprefix("#")
    _check(source)
    return source


def _check(source: str) -> None:
    """Raise unless the code defines models and does nothing else."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        raise DocumentRefused("the document's schemas hold names that cannot be written as code") from None
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else None
        if (
            not isinstance(node, WRITTEN)
            or (isinstance(node, ast.ImportFrom) and node.module not in IMPORTED)
            or (called is not None and name not in CALLED)
        ):
            raise DocumentRefused(
                "the document's schemas hold what is no schema; expected types, names and bounds alone"
            )
