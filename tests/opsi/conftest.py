from tests.opsi.sso import come as come
from tests.opsi.sso import configure as configure
from tests.opsi.sso import provider as provider
