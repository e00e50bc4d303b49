"""What the page's own script sends."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Chosen(BaseModel):
    """A folder."""

    path: str = Field(max_length=4096)


class Category(BaseModel):
    """What a reader says of an image."""

    image: int = Field(ge=0)
    birads: str = Field("", max_length=2)
    class_name: str = Field("", max_length=200)


class Reading(BaseModel):
    """What a reader says of an exam."""

    reader: str = Field(max_length=200)
    read_as: str = Field(pattern="^(breast|image)$")
    categories: list[Category] = Field(max_length=1000)
    note: str = Field("", max_length=4000)
    seconds: float = Field(ge=0, le=1e6, allow_inf_nan=False)
