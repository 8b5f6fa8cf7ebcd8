namespace Partner.Gateway.PartnerApi;

internal static class ApiDocumentFeature
{
    public static void MapApiDocument(this WebApplication app)
    {
        // It tells nothing of any tenant, so it needs no credential; tools read it without one.
        app.MapGet("/partner/v1/openapi.json", (ApiDocument document) => TypedResults.Json(document.Whole))
            .AllowAnonymous();
        if (app.Environment.IsDevelopment())
        {
            app.MapGet(
                    "/partner/v1/docs",
                    (HttpContext context, ApiDocument document) => DocsPage.Of(context, document.Whole)
                )
                .AllowAnonymous();
        }
    }
}
