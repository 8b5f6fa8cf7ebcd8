namespace Partner.Sandbox.Traffic;

/// <summary>Carries out the fault that meets a request.</summary>
internal static class FaultInjection
{
    public static Task RunAsync(
        HttpContext context, RequestDelegate next, SandboxState state, CancellationToken stopping)
    {
        if (state.Faults.Take(context.Exchange(), context.Request.Path) is not var (fault, cleared))
        {
            return next(context);
        }

        context.Exchange().Fact = Fact.FaultScript;
        return fault.Action switch
        {
            FaultAction.Status => AnswerAsync(context, fault),
            FaultAction.Delay => DelayAsync(context, next, TimeSpan.FromMilliseconds(fault.DelayMs), cleared, stopping),
            FaultAction.Hang => DelayAsync(context, Abort, Timeout.InfiniteTimeSpan, cleared, stopping),
            FaultAction.LostAnswer => LoseAnswerAsync(context, next),
            _ => Abort(context),
        };
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
        CancellationToken stopping)
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

    private static Task Abort(HttpContext context)
    {
        context.Exchange().Aborted = true;
        context.Abort();
        return Task.CompletedTask;
    }
}
