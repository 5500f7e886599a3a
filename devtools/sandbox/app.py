"""The service's web application: API, tracking, board and control put together."""

from flask import Flask, jsonify, request

from .api import api
from .board import board
from .control_api import control
from .errors import error_body
from .pages import add_filters
from .service import Service
from .tracking import tracking

BODY_LIMIT = 64 << 20
"""Bytes of a request: more than any letter the addon may send."""


def create_app(service: Service) -> Flask:
    app = Flask(__name__)
    app.config["SERVICE"] = service
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    add_filters(app)
    for blueprint in (api, tracking, board, control):
        app.register_blueprint(blueprint)

    @app.errorhandler(413)
    def too_large(_error):
        return jsonify(error_body(413, "The request is too large")), 413

    @app.errorhandler(404)
    def not_found(_error):
        return jsonify(
            error_body(404, f"Not found: {request.method} {request.path}")
        ), 404

    return app
