using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>Datadog's answer in the browser. Every end is a redirect, so that code and state leave the address
/// bar.</summary>
internal sealed partial class CallbackApi
{
    /// <summary>How long a browser waits; the work goes on without it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    public static async Task<IResult> Receive(
        HttpContext context,
        ConnectAttemptStore attempts,
        ClientProfiles clients,
        SiteRegistry sites,
        ConnectSessionStore sessions,
        ReturnTargets targets,
        CallbackWorker completions,
        TimeProvider time,
        ILogger<CallbackApi> logger,
        CancellationToken cancellationToken
    )
    {
        var cookie = context.Request.Cookies[Cookies.Attempt];
        var attempt = cookie is null ? null : await attempts.FindAsync(cookie, cancellationToken);
        var client = attempt is null ? null : clients.Find(attempt.Profile);
        var verdict = CallbackRequest.Judge(context.Request.Query, attempt, client, sites, time.GetUtcNow());
        if (verdict is CallbackVerdict.Refused refused)
        {
            Log.Refused(logger, refused.Reason);
            if (refused.Consumes)
            {
                if (await attempts.ConsumeAsync(attempt!, cancellationToken) || refused.Reason == PageReasons.Expired)
                {
                    await sessions.EndAsync(
                        attempt!.Session,
                        ConnectSessionState.Failed,
                        refused.Reason,
                        null,
                        cancellationToken
                    );
                }

                Forget(context.Response);
            }

            return Failed(context.Response, refused.Reason);
        }

        if (!await attempts.ConsumeAsync(attempt!, cancellationToken))
        {
            return Failed(context.Response, PageReasons.Used);
        }

        Forget(context.Response);
        var reason = await CompleteAsync(completions, attempt!, client!, (CallbackVerdict.Go)verdict, time);
        return reason is null
            ? ConnectApi.SeeOther(context.Response, await DoneAsync(attempt!, sessions, targets))
            : Failed(context.Response, reason);
    }

    // A completion that has begun is finished even if the browser goes away: a key is shown once.
    private static async Task<string?> CompleteAsync(
        CallbackWorker completions,
        ConnectAttempt attempt,
        ClientProfile client,
        CallbackVerdict.Go go,
        TimeProvider time
    )
    {
        try
        {
            return await completions.Begin(attempt, client, go).WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            return PageReasons.StillWorking;
        }
    }

    private static async Task<string> DoneAsync(
        ConnectAttempt attempt,
        ConnectSessionStore sessions,
        ReturnTargets targets
    )
    {
        var session = attempt.Session is { } id ? await sessions.FindByIdAsync(id, CancellationToken.None) : null;
        return targets.AddressOf(session?.ReturnTo) ?? "/connect/done";
    }

    private static IResult Failed(HttpResponse response, string reason) =>
        ConnectApi.SeeOther(response, $"/connect/failed?reason={reason}");

    // The next attempt of this browser gets new ones (security 13).
    private static void Forget(HttpResponse response)
    {
        response.Forget(Cookies.Attempt);
        response.Forget(Cookies.Tile);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Refused a callback: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
