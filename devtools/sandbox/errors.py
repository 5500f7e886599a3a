"""What the service says when it refuses."""


class ApiError(Exception):
    """A refusal, answered as `{"error": {"message": ..., "code": ...}}` with HTTP
    status 200 (P).

    Codes: 400 a malformed request, 401 wrong credentials, 403 no valid api key, 404
    nothing by that id, 422 a value that cannot be accepted (all A).
    """

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def error_body(code: int, message: str) -> dict:
    return {"error": {"message": message, "code": code}}
