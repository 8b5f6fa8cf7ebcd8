using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Sending.DeadLetters;

/// <summary>Sending dead letters again, for the partner's people and programs.</summary>
internal static partial class ReplaysApi
{
    private const int PageSize = 100;
    private const int MaxIds = 1_000;
    private const int MaxOpen = 20;

    private static readonly string[] States = ["running", "paused", "canceled"];

    /// <summary>Below the dead letters.</summary>
    public static void MapReplays(this RouteGroupBuilder letters)
    {
        var group = letters.MapGroup("/replays");
        group.MapPost("", Start).WithSummary("Sends dead letters again, behind live data");
        group.MapGet("", List).WithSummary("Lists the replays");
        group.MapGet("/{replay:long}", Get).WithSummary("Shows how far a replay is");
        group.MapPatch("/{replay:long}", Change).WithSummary("Pauses a replay, goes on with it, or cancels it");
    }

    private static async Task<Results<Created<ReplayView>, ProblemHttpResult>> Start(
        ConnectionId connection,
        StartReplay request,
        HttpContext context,
        Sender sender,
        ReplayStore store,
        Replayer replayer,
        ILogger<Replayer> logger,
        CancellationToken cancellationToken
    )
    {
        if (request.Ids is { Count: 0 or > MaxIds })
        {
            return Problems.Invalid("ids", $"From 1 to {MaxIds}, or none at all.");
        }

        var keys = context.Request.Headers[IdempotencyKey.HeaderName];
        if (keys.Count > 0 && !IdempotencyKey.IsValid(keys))
        {
            return PartnerProblems.BadRequest("invalid-idempotency-key", IdempotencyKey.Rule);
        }

        var asked = new ReplayRequest(connection, request, context.Actor(), keys.Count == 0 ? null : keys.ToString());
        if (await FindEarlierAsync(asked, store, context, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (await store.CountOpenAsync(connection, cancellationToken) >= MaxOpen)
        {
            return PartnerProblems.Conflict(
                "too-many-replays",
                $"The connection has {MaxOpen} replays that are not over; cancel one first."
            );
        }

        if (await store.CreateAsync(asked, cancellationToken) is not { } created)
        {
            // Made by the same request, a moment ago.
            return await FindEarlierAsync(asked, store, context, cancellationToken)
                ?? throw new InvalidOperationException("A replay is there and is not.");
        }

        replayer.Wake();
        Log.Started(logger, asked.By, created.Id, created.Total, connection);
        return Created(sender, connection, created);
    }

    private static async Task<Results<Created<ReplayView>, ProblemHttpResult>?> FindEarlierAsync(
        ReplayRequest asked,
        ReplayStore store,
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        if (asked.Key is null || await store.FindByKeyAsync(asked, cancellationToken) is not var (replay, same))
        {
            return null;
        }

        if (!same)
        {
            return TypedResults.Problem(statusCode: 422, type: "idempotency-key-reused", title: IdempotencyKey.Reused);
        }

        context.Response.Headers[IdempotencyKey.ReplayedHeaderName] = "true";
        return Created((Sender)context.RequestServices.GetService(typeof(Sender))!, asked.Connection, replay);
    }

    private static async Task<Ok<ReplayPage>> List(
        ConnectionId connection,
        ReplayStore store,
        CancellationToken cancellationToken,
        long after = 0
    )
    {
        var replays = await store.ListAsync(connection, after, PageSize, cancellationToken);
        return TypedResults.Ok(new ReplayPage(replays, replays.Count == PageSize ? replays[^1].Id : null));
    }

    private static async Task<Results<Ok<ReplayView>, ProblemHttpResult>> Get(
        ConnectionId connection,
        long replay,
        ReplayStore store,
        CancellationToken cancellationToken
    ) =>
        await store.FindAsync(connection, replay, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : PartnerProblems.NotFound("replay");

    private static async Task<Results<Ok<ReplayView>, ProblemHttpResult>> Change(
        ConnectionId connection,
        long replay,
        ChangeReplay request,
        HttpContext context,
        ReplayStore store,
        Replayer replayer,
        ILogger<Replayer> logger,
        CancellationToken cancellationToken
    )
    {
        if (!States.Contains(request.State))
        {
            return Problems.Invalid("state", $"One of {string.Join(", ", States)}.");
        }

        if (await store.ChangeAsync(connection, replay, request.State, cancellationToken) is not { } changed)
        {
            return await store.FindAsync(connection, replay, cancellationToken) is null
                ? PartnerProblems.NotFound("replay")
                : PartnerProblems.Conflict("replay-over", "The replay is over.");
        }

        replayer.Wake();
        Log.Changed(logger, context.Actor(), replay, connection, changed.State);
        return TypedResults.Ok(changed);
    }

    private static Created<ReplayView> Created(Sender sender, ConnectionId connection, ReplayView replay) =>
        TypedResults.Created(
            $"/partner/v1/senders/{sender.Name}/connections/{connection.Text}/dead-letters/replays/{replay.Id}",
            replay
        );

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Actor} started replay {Id} of {Count} dead letters of {Connection}")]
        public static partial void Started(ILogger logger, string actor, long id, long count, ConnectionId connection);

        [LoggerMessage(LogLevel.Information, "{Actor} set replay {Id} of {Connection} to {State}")]
        public static partial void Changed(
            ILogger logger,
            string actor,
            long id,
            ConnectionId connection,
            string state
        );
    }
}
