"use strict";
// The validator's badge is asked for from another host unless it is switched off.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#interface", validatorUrl: null, deepLinking: false });
