using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Keys;

/// <summary>GET /api/v1/validate and /api/v2/validate (datadog-facts 2.4 and the recordings).</summary>
internal static class ValidateApi
{
    public static RouteGroupBuilder MapValidateApi(this RouteGroupBuilder routes)
    {
        routes.MapGet(
            "/api/v1/validate",
            (HttpContext context, SandboxState state) => Validate(context, state, _ => new { valid = true })
        );
        routes.MapGet("/api/v2/validate", (HttpContext context, SandboxState state) => Validate(context, state, V2));
        return routes;
    }

    private static Answer Validate(HttpContext context, SandboxState state, Func<ApiKey, object> body) =>
        context.Exchange() switch
        {
            { KeyPresented: false } => Answer.Errors(403, "API key required", Fact.KeyRequired),
            { Key: null } => Answer.Forbidden(Fact.KeyInvalid),
            { Key: { } key } when !state.Orgs.IsActive(key) => Answer.Forbidden(Fact.KeySettling),
            { Key: { } key } => Answer.Of(200, body(key)),
        };

    private static object V2(ApiKey key) =>
        new
        {
            data = new
            {
                type = "validate_v2",
                id = key.Org.Id,
                attributes = new
                {
                    valid = true,
                    api_key_id = key.Id,
                    api_key_scopes = Array.Empty<string>(),
                },
            },
        };
}
