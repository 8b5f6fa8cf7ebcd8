using System.Text.Encodings.Web;
using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox;

/// <summary>An answer as Datadog gives it; where it is a refusal, with the fact that asks for it.</summary>
internal sealed record Answer(int Status, string Body, string? Fact = null, string ContentType = "application/json")
    : IResult
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Answer Of(int status, object body, string? fact = null) =>
        new(status, JsonSerializer.Serialize(body, Json), fact);

    /// <summary>The shape of api.* and of the OAuth endpoints: {"errors":["text"]} (datadog-facts 2.6, 3.1).</summary>
    public static Answer Errors(int status, string error, string fact) =>
        Of(status, new { errors = new[] { error } }, fact);

    public static Answer Unauthorized(string fact) => Errors(401, "Unauthorized", fact);

    public static Answer Forbidden(string fact) => Errors(403, "Forbidden", fact);

    public static Answer NotFound(string fact) => Errors(404, "Not found", fact);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var exchange = httpContext.Exchange();
        exchange.Fact = Fact ?? exchange.Fact;
        if (exchange.Fact is not null)
        {
            httpContext.Response.Headers["X-Sandbox-Fact"] = exchange.Fact;
        }

        httpContext.Response.StatusCode = Status;
        httpContext.Response.ContentType = ContentType;
        return Body.Length == 0
            ? Task.CompletedTask
            : httpContext.Response.WriteAsync(Body, httpContext.RequestAborted);
    }
}
