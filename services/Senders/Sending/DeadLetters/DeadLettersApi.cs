using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Sending.DeadLetters;

/// <summary>Dead letters, for the partner's people and programs.</summary>
internal static partial class DeadLettersApi
{
    private const int PageSize = 100;
    private const int MaxPage = 1_000;
    private const int DiscardedAtOnce = 2_000;
    private const int MaxDiscards = 50;

    public static RouteGroupBuilder MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var sender = (Sender)routes.ServiceProvider.GetService(typeof(Sender))!;
        var group = routes
            .MapGroup($"/partner/v1/senders/{sender.Name}/connections/{{connection}}/dead-letters")
            .RequireCaller("partner")
            .RequirePartnerRole();
        group.MapGet("", List).WithSummary("Lists what was given up, with its reason");
        group.MapGet("/reasons", CountByReason).WithSummary("Counts what was given up by its reason");
        group.MapGet("/{letter:long}", Get).WithSummary("Shows what was given up, with the whole item");
        group.MapDelete("/{letter:long}", DiscardOne).WithSummary("Removes what was given up");
        group
            .MapDelete("", Discard)
            .WithSummary("Removes what was given up for a reason or at a time; with all=true whatever it was");
        group.MapReplays();
        return group;
    }

    private static async Task<Results<Ok<DeadLetterPage>, ProblemHttpResult>> List(
        ConnectionId connection,
        DeadLetterStore store,
        CancellationToken cancellationToken,
        long after = 0,
        int limit = PageSize,
        string? reason = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        bool? replayed = null
    )
    {
        if (limit is < 1 or > MaxPage)
        {
            return Problems.Invalid("limit", $"From 1 to {MaxPage}.");
        }

        var filter = new DeadLetterFilter(connection)
        {
            Reason = reason,
            From = from,
            To = to,
            Replayed = replayed,
        };
        var letters = await store.ReadAsync(filter, after, limit, cancellationToken);
        return TypedResults.Ok(new DeadLetterPage(letters, letters.Count == limit ? letters[^1].Id : null));
    }

    private static async Task<Ok<DeadLetterReasons>> CountByReason(
        ConnectionId connection,
        DeadLetterStore store,
        CancellationToken cancellationToken,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null
    ) =>
        TypedResults.Ok(
            await store.CountAsync(new DeadLetterFilter(connection) { From = from, To = to }, cancellationToken)
        );

    private static async Task<Results<Ok<DeadLetterView>, ProblemHttpResult>> Get(
        ConnectionId connection,
        long letter,
        DeadLetterStore store,
        CancellationToken cancellationToken
    ) =>
        await store.FindAsync(connection, letter, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : PartnerProblems.NotFound("dead letter");

    private static async Task<Results<NoContent, ProblemHttpResult>> DiscardOne(
        ConnectionId connection,
        long letter,
        HttpContext context,
        DeadLetterStore store,
        DeadLetterMetrics metrics,
        ILogger<DeadLetterStore> logger,
        CancellationToken cancellationToken
    )
    {
        var gone = await store.DiscardAsync(new DeadLetterFilter(connection) { Ids = [letter] }, 1, cancellationToken);
        metrics.Removed(gone, "discarded");
        Log.Discarded(logger, context.Actor(), connection, gone);
        return gone == 1 ? TypedResults.NoContent() : PartnerProblems.NotFound("dead letter");
    }

    private static async Task<Results<Ok<Discarded>, ProblemHttpResult>> Discard(
        ConnectionId connection,
        HttpContext context,
        DeadLetterStore store,
        DeadLetterMetrics metrics,
        ILogger<DeadLetterStore> logger,
        CancellationToken cancellationToken,
        string? reason = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        bool all = false
    )
    {
        var filter = new DeadLetterFilter(connection)
        {
            Reason = reason,
            From = from,
            To = to,
        };
        if (filter.IsAll != all)
        {
            return Problems.Invalid("all", "Say which: reason, from or to; or all=true and none of them.");
        }

        var (discarded, last) = (0L, DiscardedAtOnce);
        for (var i = 0; i < MaxDiscards && last == DiscardedAtOnce; i++)
        {
            last = await store.DiscardAsync(filter, DiscardedAtOnce, cancellationToken);
            discarded += last;
        }

        metrics.Removed(discarded, "discarded");
        Log.Discarded(logger, context.Actor(), connection, discarded);
        return TypedResults.Ok(new Discarded(discarded, last == DiscardedAtOnce));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Actor} discarded {Count} dead letters of {Connection}")]
        public static partial void Discarded(ILogger logger, string actor, ConnectionId connection, long count);
    }
}
