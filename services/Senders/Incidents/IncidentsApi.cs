using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.Incidents;

/// <summary>Datadog's paths, answered by Datadog.</summary>
internal static class IncidentsApi
{
    /// <summary>Bytes of a request; Datadog documents none.</summary>
    private const int MaxRequestBytes = 1_000_000;

    private const int MaxKeyLength = 255;

    /// <summary>Tells the gateway that a 401 or 403 is about the grant, and not about our own token.</summary>
    private const string OriginHeader = "X-Service-Answer";

    public static RouteGroupBuilder MapIncidents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").RequireCaller("append");
        foreach (var operation in Operation.All)
        {
            group.MapMethods(operation.Route, [operation.Method.Method], context => HandleAsync(context, operation));
        }

        return group;
    }

    private static async Task HandleAsync(HttpContext context, Operation operation)
    {
        var answer = await AnswerAsync(context, operation);
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers[OriginHeader] = "final";
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static async Task<Answer> AnswerAsync(HttpContext context, Operation operation)
    {
        if (!ConnectionId.TryParse(context.Caller().Claims.Connection, null, out var connection))
        {
            return Answer.Error(403, "Forbidden");
        }

        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length > MaxKeyLength)
        {
            return Answer.Error(400, $"The Idempotency-Key exceeds {MaxKeyLength} characters.");
        }

        var (body, refusal) = await ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        // Parsed by the route's constraint, and written anew.
        var path = operation.Route.Replace("{id:guid}", IdOf(context), StringComparison.Ordinal);
        var (request, reason) = IncidentRequest.Read(connection, operation, path, body, key.Length == 0 ? null : key);
        return request is null ? Answer.Error(400, reason!) : await PerformAsync(context, request);
    }

    /// <summary>A caller who hangs up does not stop what may be half done.</summary>
    private static async Task<Answer> PerformAsync(HttpContext context, IncidentRequest request)
    {
        var services = context.RequestServices;
        using var budget = new CancellationTokenSource(services.GetRequiredService<IOptions<IncidentsOptions>>().Value.Budget);
        try
        {
            return await services.GetRequiredService<Undertaking>().PerformAsync(request, budget.Token);
        }
        catch (Exception exception) when (Problems.IsUnavailable(exception) || exception is OperationCanceledException)
        {
            return Answer.Error(503, "Service unavailable", TimeSpan.FromSeconds(Problems.RetryAfterSeconds));
        }
    }

    private static async Task<(byte[]? Body, Answer? Refusal)> ReadAsync(HttpContext context)
    {
        if (context.Request.Headers.ContentEncoding.Count > 0)
        {
            return (null, Answer.Error(415, "Content-Encoding is not one of identity."));
        }

        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxRequestBytes;
        try
        {
            using var body = new MemoryStream();
            await context.Request.BodyReader.CopyToAsync(body, context.RequestAborted);
            return (body.ToArray(), null);
        }
        catch (BadHttpRequestException exception)
        {
            return (null, Answer.Error(exception.StatusCode, exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The payload exceeds {MaxRequestBytes} bytes."
                : "The request body could not be read."));
        }
    }

    private static string IdOf(HttpContext context) =>
        Guid.TryParse(context.Request.RouteValues["id"]?.ToString(), out var id) ? id.ToString() : "";
}
