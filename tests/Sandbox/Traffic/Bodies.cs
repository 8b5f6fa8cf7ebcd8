namespace Partner.Sandbox.Traffic;

/// <summary>
/// Takes the whole body off the wire before a request can be held or made to hang: Kestrel sees that a client has left
/// only while nothing of the client's bytes waits to be read.
/// </summary>
internal static class Bodies
{
    public static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Exchange().Host is null)
        {
            await next(context);
            return;
        }

        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException tooLarge)
        {
            await Answer.Errors(tooLarge.StatusCode, "Payload Too Large", Fact.LogsTooLarge).ExecuteAsync(context);
            return;
        }
        catch (Exception left) when (left is IOException or OperationCanceledException)
        {
            context.Exchange().Aborted = true;
            context.Abort();
            return;
        }

        body.Position = 0;
        context.Request.Body = body;
        await next(context);
    }
}
