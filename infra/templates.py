"""The shipped emails: `make templates` compiles them, shared/definitions/templates/*.yaml to its folder `compiled`,
which is what is sent. A test holds the committed files to it."""

from __future__ import annotations

from pathlib import Path

import yaml

from shared.adapters import template_compiling
from shared.adapters.ready_templates import source
from shared.adapters.templates import problems
from shared.domain.templates.definition import Template

FOLDER = Path(__file__).parents[1] / "shared" / "definitions" / "templates"
FIRST = "en"
"""The language that the shipped emails are written in."""


def compiled(folder: Path = FOLDER) -> dict[Path, str]:
    """What each file is to hold. ValueError names an email that is not to be sent, and what is wrong with it."""
    made = {}
    for file in sorted(folder.glob("*.yaml")):
        template = Template.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        if template.id != file.stem:
            raise ValueError(f"{file.name}: the id is {template.id}")
        version = template_compiling.version(template, FIRST)
        for language, each in version.compiled.items():
            if wrong := problems(source(each), template.class_):
                raise ValueError(f"{template.id} ({language}): {', '.join(wrong)}")
        text = version.model_dump_json(by_alias=True, exclude_none=True, exclude_defaults=False, indent=1)
        made[folder / "compiled" / f"{template.id}.json"] = f"{text}\n"
    return made


def main() -> None:
    made = compiled()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    for path in set((FOLDER / "compiled").iterdir()) - set(made):
        path.unlink()


if __name__ == "__main__":
    main()
