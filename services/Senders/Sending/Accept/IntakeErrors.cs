namespace Partner.Sending;

internal static class IntakeErrors
{
    public static async Task WriteAsync(HttpContext context, DatadogErrorShape shape, BodyRejection refusal)
    {
        var (status, response) = (refusal.Status, context.Response);
        var body = shape.Body(status, refusal.Detail);
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        var wait =
            refusal.RetryAfter
            ?? (status == StatusCodes.Status503ServiceUnavailable ? Problems.RetryAfterSeconds : null);
        response.Headers.RetryAfter = wait?.ToString();
        if (status == StatusCodes.Status429TooManyRequests)
        {
            // Datadog's own clients wait for this (datadog-facts 3.8).
            response.Headers["X-RateLimit-Reset"] = wait?.ToString();
            response.Headers["X-RateLimit-Name"] = "backlog";
        }

        await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
