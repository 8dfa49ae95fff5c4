"""What part of the country somebody sees: the one rule for queries and for the live feed."""

import msgspec


class Scope(msgspec.Struct, frozen=True):
    """`departments` None: the whole country. An empty list sees nothing."""

    departments: tuple[str, ...] | None = None

    def sees(self, department: str) -> bool:
        """Return whether something in this department may be shown."""
        return self.departments is None or department in self.departments

    def parameter(self) -> list[str] | None:
        """Return the bound parameter of every scoped statement: `$n::text[] IS NULL OR department = ANY($n)`."""
        return None if self.departments is None else list(self.departments)
