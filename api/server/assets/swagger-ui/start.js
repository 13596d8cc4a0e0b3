// Shows the node's own document. No validator: it would send the document to somebody else.
SwaggerUIBundle({
  url: "v1/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
