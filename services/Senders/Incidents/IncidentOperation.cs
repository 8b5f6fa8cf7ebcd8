using Microsoft.Extensions.Options;

namespace Partner.Incidents;

/// <summary>
/// Intent, call, settlement. A call whose answer is lost leaves its intent open, and the process that takes the next
/// request for it, this one or another, looks for the marker before it ever asks Datadog to create again.
/// </summary>
internal sealed partial class IncidentOperation(
    IntentStore intents,
    DatadogCalls datadog,
    MarkerSearch search,
    IncidentsMetrics metrics,
    IOptions<IncidentsOptions> options,
    ILogger<IncidentOperation> logger
)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public async Task<DatadogAnswer> PerformAsync(IncidentRequest request, CancellationToken cancellationToken)
    {
        var claim = await intents.ClaimAsync(request, options.Value, cancellationToken);
        metrics.Asked(request.Operation, claim.Decision);
        return claim.Decision switch
        {
            Decision.Call => await CallAsync(request, claim, cancellationToken),
            Decision.Find => await FindAsync(request, claim, mayCall: true, cancellationToken),
            Decision.Replay => claim.Answer!,
            Decision.Busy => DatadogAnswer.Error(503, "The same request is under way; try again.", Soon),
            _ => DatadogAnswer.Error(422, IdempotencyKey.Reused),
        };
    }

    private async Task<DatadogAnswer> CallAsync(
        IncidentRequest request,
        IntentClaim claim,
        CancellationToken cancellationToken
    )
    {
        var outcome = await datadog.SendAsync(
            request.Connection,
            request.Operation.Method,
            request.Operation.Route,
            request.Path,
            request.BodyWith(claim.Marker),
            cancellationToken
        );
        switch (outcome)
        {
            case CallOutcome.Answered { Answer: { IsSuccess: true } answer }:
                return await SettleAsync(request, claim, answer);
            case CallOutcome.Answered { Answer: var refusal }:
                await DropAsync(claim);
                return refusal;
            case CallOutcome.NotSent { Why: var why }:
                await DropAsync(claim);
                return why;
            case CallOutcome.Unknown { Reason: var reason }:
                metrics.AnswerLost(request.Operation);
                Log.Lost(logger, request.Connection, request.Operation.Name, reason);
                return await FindAsync(request, claim with { Age = TimeSpan.Zero }, mayCall: false, cancellationToken);
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }
    }

    private async Task<DatadogAnswer> FindAsync(
        IncidentRequest request,
        IntentClaim claim,
        bool mayCall,
        CancellationToken cancellationToken
    )
    {
        if (request.Marked is null)
        {
            return mayCall
                ? await CallAgainAsync(request, claim, cancellationToken)
                : await LeaveOpenAsync(claim, Soon);
        }

        switch (
            await search.FindAsync(request.Connection, request.Operation, request.Path, claim.Marker, cancellationToken)
        )
        {
            case Finding.Found { Answer: var answer }:
                metrics.Found(request.Operation);
                return await SettleAsync(request, claim, answer);
            case Finding.Forbidden:
                await intents.ReleaseAsync(claim.Marker, CancellationToken.None);
                return DatadogAnswer.Error(
                    409,
                    $"Whether this was done is unknown, and the grant lacks incident_read. Look for {claim.Marker} in Datadog before sending it anew."
                );
            case Finding.Absent when mayCall && claim.Age >= options.Value.Settle:
                return await CallAgainAsync(request, claim, cancellationToken);
            case Finding.Absent:
                return await LeaveOpenAsync(claim, options.Value.Settle - claim.Age);
            default:
                return await LeaveOpenAsync(claim, Soon);
        }
    }

    private async Task<DatadogAnswer> CallAgainAsync(
        IncidentRequest request,
        IntentClaim claim,
        CancellationToken cancellationToken
    )
    {
        await intents.CallAgainAsync(claim.Marker, cancellationToken);
        return await CallAsync(request, claim, cancellationToken);
    }

    private async Task<DatadogAnswer> SettleAsync(IncidentRequest request, IntentClaim claim, DatadogAnswer answer)
    {
        try
        {
            await intents.SettleAsync(claim.Marker, answer, CancellationToken.None);
        }
        catch (Npgsql.NpgsqlException exception)
        {
            // It is done, and its caller is to know; the intent stays open, and a repetition finds it.
            Log.NotSettled(logger, request.Connection, claim.Marker, exception.GetType().Name);
        }

        return answer;
    }

    // A first call that was refused leaves nothing. After a lost one a refusal says nothing of what that one did.
    private Task DropAsync(IntentClaim claim) =>
        claim.Decision == Decision.Call
            ? intents.DeleteAsync(claim.Marker, CancellationToken.None)
            : intents.ReleaseAsync(claim.Marker, CancellationToken.None);

    private async Task<DatadogAnswer> LeaveOpenAsync(IntentClaim claim, TimeSpan after)
    {
        await intents.ReleaseAsync(claim.Marker, CancellationToken.None);
        return DatadogAnswer.Error(
            503,
            "Whether this was done is unknown yet. Send the same again: it is looked for before it is done anew.",
            after
        );
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Datadog's answer to '{Operation}' of {Connection} was lost ({Reason}); it is looked for"
        )]
        public static partial void Lost(ILogger logger, ConnectionId connection, string operation, string reason);

        [LoggerMessage(LogLevel.Error, "{Marker} of {Connection} is done, but could not be written down ({Exception})")]
        public static partial void NotSettled(ILogger logger, ConnectionId connection, string marker, string exception);
    }
}
