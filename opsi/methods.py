"""What HTML forms cannot say themselves: DELETE and PATCH, and where to go after a POST."""

from django.http import HttpRequest, HttpResponseRedirect, QueryDict


def asks_to_delete(request: HttpRequest) -> bool:
    """DELETE, or POST with `_method=delete`: HTML forms know only GET and POST."""
    return request.method == "DELETE" or request.POST.get("_method", "").lower() == "delete"


def sent_with(request: HttpRequest) -> QueryDict:
    """The fields of a form, whichever method brings them: Django itself reads those of a POST alone."""
    return request.POST if request.method == "POST" else QueryDict(request.body)


def see_other(url: str) -> HttpResponseRedirect:
    """To be fetched with GET whatever the method was: after a DELETE a plain 302 would be followed with DELETE."""
    return HttpResponseRedirect(url, status=303)
