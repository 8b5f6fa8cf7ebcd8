using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Traffic;

/// <summary>Carries out the fault that meets a request.</summary>
internal static class FaultInjection
{
    private const int MostRead = 64_000_000;

    public static async Task RunAsync(
        HttpContext context,
        RequestDelegate next,
        SandboxState state,
        CancellationToken stopping
    )
    {
        var body =
            state.Faults.ReadBodies && context.Exchange().Host is not null ? await ReadAsync(context.Request) : default;
        if (state.Faults.Take(context.Exchange(), context.Request.Path, body) is not var (fault, cleared))
        {
            await next(context);
            return;
        }

        context.Exchange().Fact = Fact.FaultScript;
        await (
            fault.Action switch
            {
                FaultAction.Status => AnswerAsync(context, fault),
                FaultAction.Delay => DelayAsync(
                    context,
                    next,
                    TimeSpan.FromMilliseconds(fault.DelayMs),
                    cleared,
                    stopping
                ),
                FaultAction.Hang => DelayAsync(context, Abort, Timeout.InfiniteTimeSpan, cleared, stopping),
                FaultAction.LostAnswer => LoseAnswerAsync(context, next),
                FaultAction.Truncated => TruncateAsync(context, next),
                FaultAction.Drip => DripAsync(
                    context,
                    next,
                    TimeSpan.FromMilliseconds(fault.DelayMs),
                    cleared,
                    stopping
                ),
                _ => Abort(context),
            }
        );
    }

    // What cannot be read holds nothing; the intake says what is wrong with it.
    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        using var copy = new MemoryStream();
        await request.Body.CopyToAsync(copy);
        (copy.Position, request.Body.Position) = (0, 0);
        try
        {
            return await Inflater.InflateAsync(
                    copy,
                    request.Headers.ContentEncoding,
                    MostRead,
                    request.HttpContext.RequestAborted
                ) ?? [];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static async Task AnswerAsync(HttpContext context, Fault fault)
    {
        foreach (var (name, value) in fault.Headers)
        {
            context.Response.Headers[name] = value;
        }

        await new Answer(fault.Status, fault.Body).ExecuteAsync(context);
    }

    private static async Task DelayAsync(
        HttpContext context,
        RequestDelegate next,
        TimeSpan delay,
        CancellationToken cleared,
        CancellationToken stopping
    )
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, cleared, stopping);
        try
        {
            await Task.Delay(delay, end.Token);
        }
        catch (OperationCanceledException)
        {
            await Abort(context);
            return;
        }

        await next(context);
    }

    // The request is processed to its end, and the client hears nothing of it.
    private static async Task LoseAnswerAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Body = Stream.Null;
        await next(context);
        await Abort(context);
    }

    // Fewer bytes than Content-Length says: Kestrel closes the connection once they are out.
    private static async Task TruncateAsync(HttpContext context, RequestDelegate next)
    {
        var (answer, body) = await AnswerOfAsync(context, next);
        context.Response.ContentLength = Math.Max(answer.Length, 1);
        await body.WriteAsync(answer.AsMemory(0, answer.Length / 2), context.RequestAborted);
    }

    private static async Task DripAsync(
        HttpContext context,
        RequestDelegate next,
        TimeSpan delay,
        CancellationToken cleared,
        CancellationToken stopping
    )
    {
        var (answer, body) = await AnswerOfAsync(context, next);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, cleared, stopping);
        try
        {
            context.Response.ContentLength = answer.Length;
            await body.FlushAsync(end.Token);
            foreach (var drop in answer)
            {
                await Task.Delay(delay, end.Token);
                await body.WriteAsync(new[] { drop }, end.Token);
                await body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            await Abort(context);
        }
    }

    private static async Task<(byte[] Answer, Stream Body)> AnswerOfAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await next(context);
        context.Response.Body = body;
        return (answer.ToArray(), body);
    }

    private static Task Abort(HttpContext context)
    {
        context.Exchange().Aborted = true;
        context.Abort();
        return Task.CompletedTask;
    }
}
