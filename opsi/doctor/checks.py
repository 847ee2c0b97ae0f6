"""The platform's own checks, in the order in which one would look."""

from opsi import doctor
from opsi.doctor import database, settings, surroundings


def register() -> None:
    doctor.register("version", surroundings.version)
    doctor.register("settings", settings.variables)
    doctor.register("secret key", settings.secret_key)
    doctor.register("addresses", settings.addresses)
    doctor.register("pages", settings.pages)
    doctor.register("disk", surroundings.disk)
    doctor.register("static files", surroundings.static_files)
    doctor.register("database", database.database)
    doctor.register("migrations", database.migrations)
    doctor.register("clock", database.clock, reads_tables=True)
    doctor.register("saved secrets", database.saved_secrets, reads_tables=True)
    doctor.register("administrators", database.administrators, reads_tables=True)
    doctor.register("broker", surroundings.broker)
    doctor.register("queues", surroundings.queues)
