using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Sending.Upstream;
using Partner.ServiceDefaults;

namespace Partner.Sending;

/// <summary>A connection's deliveries, for the partner's people and programs.</summary>
public sealed record DeliveriesView(
    long Accepted,
    long Delivered,
    BacklogView Backlog,
    [property: JsonPropertyName("dead_letters")] long DeadLetters,
    [property: JsonPropertyName("possible_duplicates")] long PossibleDuplicates,
    long Quarantined,
    string State,
    string? Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SuspectView? Suspect = null);

/// <summary>What is accepted and not yet delivered.</summary>
public sealed record BacklogView(
    long Items, long Segments, [property: JsonPropertyName("oldest_at")] DateTimeOffset? OldestAt);

/// <summary>
/// Items that were sent between the last good validation of the key and the finding that it is dead: Datadog answered
/// 202 and may have dropped them.
/// </summary>
public sealed record SuspectView(DateTimeOffset From, DateTimeOffset To, long Items);

/// <summary>An item given up; <see cref="Item"/> is its first 10 kB.</summary>
public sealed record DeadLetterView(
    long Id,
    DateTimeOffset At,
    string Reason,
    string Detail,
    string Item,
    [property: JsonPropertyName("replayed_at")] DateTimeOffset? ReplayedAt);

/// <summary>Ask again with <c>after</c> = <see cref="Next"/> while it is not null.</summary>
public sealed record DeadLetterPage(
    [property: JsonPropertyName("dead_letters")] IReadOnlyList<DeadLetterView> DeadLetters, long? Next);

internal static class DeliveriesApi
{
    private const int PageSize = 100;

    public static RouteGroupBuilder MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var sender = (Sender)routes.ServiceProvider.GetService(typeof(Sender))!;
        var group = routes.MapGroup($"/partner/v1/senders/{sender.Name}/connections/{{connection}}")
            .RequireCaller("partner");
        group.MapGet("/deliveries", GetDeliveries)
            .WithSummary("Counts what was accepted, delivered, waits and was given up");
        group.MapGet("/dead-letters", GetDeadLetters).WithSummary("Lists what was given up, with its reason");
        return group;
    }

    private static async Task<Ok<DeliveriesView>> GetDeliveries(
        ConnectionId connection, DeliveriesStore store, LaneScheduler lanes, Sender sender, Destinations destinations,
        CancellationToken cancellationToken)
    {
        var unsupported = sender.NeedsSink
            ? await destinations.FindUnsupportedAsync(connection, cancellationToken)
            : null;
        var counts = await store.CountAsync(connection, cancellationToken);
        var lane = lanes.View(connection);
        return TypedResults.Ok(new DeliveriesView(
            counts.Accepted, counts.Delivered, counts.Backlog, counts.DeadLetters, counts.PossibleDuplicates, counts.Quarantined,
            unsupported is null ? JsonNamingPolicy.SnakeCaseLower.ConvertName(lane.State.ToString()) : "unsupported",
            unsupported ?? lane.Reason, counts.Suspect));
    }

    private static async Task<Ok<DeadLetterPage>> GetDeadLetters(
        ConnectionId connection, DeliveriesStore store, CancellationToken cancellationToken, long after = 0)
    {
        var letters = await store.ReadDeadLettersAsync(connection, after, PageSize, cancellationToken);
        return TypedResults.Ok(new DeadLetterPage(letters, letters.Count == PageSize ? letters[^1].Id : null));
    }
}
