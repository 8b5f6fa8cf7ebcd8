using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Partner.Sending;
using Partner.Sending.Accept;

namespace Partner.Incidents;

/// <summary>Datadog's paths, answered by Datadog.</summary>
internal static class IncidentsApi
{
    /// <summary>Bytes of a request, decompressed; Datadog documents none.</summary>
    public const int MaxRequestBytes = 1_000_000;

    /// <summary>Tells the gateway that a 401 or 403 is about the grant, and not about our own token.</summary>
    private const string OriginHeader = "X-Service-Answer";

    public static RouteGroupBuilder MapIncidents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").RequireCaller("append");
        foreach (var operation in IncidentEndpoint.All)
        {
            group.MapMethods(operation.Route, [operation.Method.Method], context => HandleAsync(context, operation));
        }

        return group;
    }

    private static async Task HandleAsync(HttpContext context, IncidentEndpoint operation)
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

    private static async Task<DatadogAnswer> AnswerAsync(HttpContext context, IncidentEndpoint operation)
    {
        if (!ConnectionId.TryParse(context.Caller().Claims.Connection, null, out var connection))
        {
            return DatadogAnswer.Error(403, "Forbidden");
        }

        var key = context.Request.Headers[IdempotencyKey.HeaderName];
        if (key.Count > 0 && !IdempotencyKey.IsValid(key))
        {
            return DatadogAnswer.Error(400, IdempotencyKey.Rule);
        }

        var (body, refusal) = await ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        // Parsed by the route's constraint, and written anew.
        var path = operation.Route.Replace("{id:guid}", IdOf(context), StringComparison.Ordinal);
        var (request, reason) = IncidentRequest.Read(
            connection,
            operation,
            path,
            body,
            key.Count == 0 ? null : key.ToString()
        );
        return request is null ? DatadogAnswer.Error(400, reason!) : await PerformAsync(context, request);
    }

    /// <summary>A caller that hangs up does not stop an operation that may be half done.</summary>
    private static async Task<DatadogAnswer> PerformAsync(HttpContext context, IncidentRequest request)
    {
        var services = context.RequestServices;
        if (!services.GetRequiredService<DatabaseGuard>().IsOpen)
        {
            return Refuse(StatusCodes.Status503ServiceUnavailable, "Service unavailable");
        }

        using var budget = new CancellationTokenSource(
            services.GetRequiredService<IOptions<IncidentsOptions>>().Value.Budget
        );
        try
        {
            return await services.GetRequiredService<IncidentOperation>().PerformAsync(request, budget.Token);
        }
        catch (Exception exception) when (Problems.IsUnavailable(exception) || exception is OperationCanceledException)
        {
            return Refuse(StatusCodes.Status503ServiceUnavailable, "Service unavailable");
        }
    }

    private static async Task<(byte[]? Body, DatadogAnswer? Refusal)> ReadAsync(HttpContext context)
    {
        // The server reads the rest of a refused body, up to this size, so that its sender gets to see the refusal.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 4L * MaxRequestBytes;
        try
        {
            var (body, refusal) = await context
                .RequestServices.GetRequiredService<BodyReader>()
                .ReadAsync(context.Request, MaxRequestBytes, context.RequestAborted);
            using (body)
            {
                return body is null ? (null, Refuse(refusal!.Status, refusal.Detail)) : (body.Bytes.ToArray(), null);
            }
        }
        catch (BadHttpRequestException exception)
        {
            return (
                null,
                Refuse(
                    exception.StatusCode,
                    exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                        ? $"The payload exceeds {MaxRequestBytes} bytes."
                        : "The request body could not be read."
                )
            );
        }
    }

    private static DatadogAnswer Refuse(int status, string detail) =>
        DatadogAnswer.Error(
            status,
            detail,
            status == StatusCodes.Status503ServiceUnavailable ? TimeSpan.FromSeconds(Problems.RetryAfterSeconds) : null
        );

    private static string IdOf(HttpContext context) =>
        Guid.TryParse(context.Request.RouteValues["id"]?.ToString(), out var id) ? id.ToString() : "";
}
