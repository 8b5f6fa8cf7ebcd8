using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Contracts;
using Partner.Sending;
using Partner.ServiceDefaults;

namespace Partner.Incidents;

/// <summary>
/// As the other senders say it. Backlog is what has no answer yet; a dead letter is what has none and is not asked
/// about any more.
/// </summary>
public sealed record IncidentDeliveries(
    long Accepted,
    long Delivered,
    BacklogView Backlog,
    [property: JsonPropertyName("dead_letters")] long DeadLetters,
    [property: JsonPropertyName("possible_duplicates")] long PossibleDuplicates,
    long Quarantined,
    string State,
    string? Reason);

internal static class DeliveriesApi
{
    private const int PageSize = 100;

    public static RouteGroupBuilder MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/senders/incidents/connections/{connection}").RequireCaller("partner");
        group.MapGet("/deliveries", GetDeliveries);
        group.MapGet("/dead-letters", GetDeadLetters);
        return group;
    }

    private static async Task<Ok<IncidentDeliveries>> GetDeliveries(
        ConnectionId connection, DeliveriesStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await store.CountAsync(connection, cancellationToken));

    private static async Task<Ok<DeadLetterPage>> GetDeadLetters(
        ConnectionId connection, DeliveriesStore store, CancellationToken cancellationToken, long after = 0)
    {
        var letters = await store.ReadDeadLettersAsync(connection, after, PageSize, cancellationToken);
        return TypedResults.Ok(new DeadLetterPage(letters, letters.Count == PageSize ? letters[^1].Id : null));
    }
}

/// <summary>What people ask about a connection's incidents.</summary>
internal sealed class DeliveriesStore(NpgsqlDataSource database, IOptions<IncidentsOptions> options)
{
    // Nobody's repetition is tied to it any more.
    private const string IsDead = "(state = 'open' AND lease_until < now() - CASE WHEN key_hash IS NULL THEN $2 ELSE $3 END)";

    public async Task<IncidentDeliveries> CountAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var command = Command($"""
            SELECT count(*), count(*) FILTER (WHERE state = 'done'),
                count(*) FILTER (WHERE state = 'open' AND NOT {IsDead}), min(created_at) FILTER (WHERE state = 'open' AND NOT {IsDead}),
                count(*) FILTER (WHERE {IsDead}), coalesce(sum(calls - 1) FILTER (WHERE operation <> 'update'), 0)::bigint
            FROM intents WHERE connection = $1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var backlog = new BacklogView(reader.GetInt64(2), 0, reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3));
        return new IncidentDeliveries(
            reader.GetInt64(0), reader.GetInt64(1), backlog, reader.GetInt64(4), reader.GetInt64(5), 0, "flowing", null);
    }

    public async Task<List<DeadLetterView>> ReadDeadLettersAsync(
        ConnectionId connection, long after, int most, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"SELECT id, created_at, operation, marker FROM intents WHERE connection = $1 AND {IsDead} AND id > $4 ORDER BY id LIMIT $5",
            connection, after, most);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var letters = new List<DeadLetterView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            letters.Add(new DeadLetterView(
                reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), "unknown",
                $"Datadog's answer was lost. If it was done, it bears {reader.GetString(3)}.", reader.GetString(2), null));
        }

        return letters;
    }

    private NpgsqlCommand Command(string sql, ConnectionId connection, params object[] more)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in (object[])[connection.Text, options.Value.Tie, options.Value.Keep, .. more])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}
