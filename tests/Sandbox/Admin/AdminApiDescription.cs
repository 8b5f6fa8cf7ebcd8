using Microsoft.OpenApi;

namespace Partner.Sandbox.Admin;

/// <summary>/_sandbox/openapi.json: the admin API, and nothing of Datadog's.</summary>
internal static class AdminApiDescription
{
    public static void AddAdminApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = endpoint =>
                $"/{endpoint.RelativePath}".StartsWith($"{AdminApi.Prefix}/", StringComparison.Ordinal);
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    document.Info = new OpenApiInfo { Title = "Datadog sandbox", Version = "1" };
                    return Task.CompletedTask;
                }
            );
        });

    /// <summary>Says what is read from a body that the handler takes as it comes, to name a slip in it.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route) =>
        route.AddOpenApiOperationTransformer(
            async (operation, context, cancellationToken) =>
                operation.RequestBody!.Content!["application/json"].Schema = await context.GetOrCreateSchemaAsync(
                    typeof(T),
                    cancellationToken: cancellationToken
                )
        );
}
