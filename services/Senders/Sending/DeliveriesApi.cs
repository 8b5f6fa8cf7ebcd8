using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Sending.Lanes;
using Partner.Sending.Status;
using Partner.Sending.Upstream;

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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SuspectView? Suspect = null
)
{
    [JsonPropertyName("last_success_at")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastSuccessAt { get; init; }

    [JsonPropertyName("last_error")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ErrorView? LastError { get; init; }
}

/// <summary>What is accepted and not yet delivered.</summary>
public sealed record BacklogView(
    long Items,
    long Segments,
    [property: JsonPropertyName("oldest_at")] DateTimeOffset? OldestAt,
    long Bytes = 0
);

/// <summary>What Datadog did not take, whether it is sent again or was given up.</summary>
/// <param name="Class"><c>rejected</c>, <c>too_large</c>, <c>unauthorized</c>, <c>retry</c> or <c>no_answer</c>.</param>
/// <param name="Message">Datadog's, with its status, where it answered.</param>
public sealed record ErrorView(string Class, string Message, DateTimeOffset At);

/// <summary>
/// Items that were sent between the last good validation of the key and the finding that it is dead: Datadog answered
/// 202 and may have dropped them.
/// </summary>
public sealed record SuspectView(DateTimeOffset From, DateTimeOffset To, long Items);

internal static class DeliveriesApi
{
    public static RouteGroupBuilder MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var sender = (Sender)routes.ServiceProvider.GetService(typeof(Sender))!;
        var group = routes
            .MapGroup($"/partner/v1/senders/{sender.Name}/connections/{{connection}}")
            .RequireCaller("partner");
        group
            .MapGet("/deliveries", GetDeliveries)
            .WithSummary("Counts what was accepted, delivered, waits and was given up");
        return group;
    }

    private static async Task<Ok<DeliveriesView>> GetDeliveries(
        ConnectionId connection,
        DeliveriesStore store,
        LaneScheduler lanes,
        Sender sender,
        Destinations destinations,
        DeliveryStatusTracker trail,
        DeliveryStatusStore trails,
        CancellationToken cancellationToken
    )
    {
        var unsupported = sender.NeedsSink
            ? await destinations.FindUnsupportedAsync(connection, cancellationToken)
            : null;
        var counts = await store.CountAsync(connection, cancellationToken);
        var lane = lanes.View(connection);
        var last = (await trails.ReadAsync(connection, cancellationToken)).With(trail.Find(connection));
        return TypedResults.Ok(
            new DeliveriesView(
                counts.Accepted,
                counts.Delivered,
                counts.Backlog,
                counts.DeadLetters,
                counts.PossibleDuplicates,
                counts.Quarantined,
                unsupported is null
                    ? JsonNamingPolicy.SnakeCaseLower.ConvertName(lane.State.ToString())
                    : "unsupported",
                unsupported ?? lane.Reason,
                counts.Suspect
            )
            {
                LastSuccessAt = last.SuccessAt,
                LastError = last.Error,
            }
        );
    }
}
