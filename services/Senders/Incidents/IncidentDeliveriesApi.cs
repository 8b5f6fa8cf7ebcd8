using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Sending;
using Partner.Storage;

namespace Partner.Incidents;

/// <summary>
/// As the other senders say it. Backlog is what has no answer yet; a dead letter is what has none and is not asked
/// about any more, or was not done.
/// </summary>
internal static class IncidentDeliveriesApi
{
    private const int PageSize = 100;

    public static RouteGroupBuilder MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/senders/incidents/connections/{connection}").RequireCaller("partner");
        group.MapGet("/deliveries", GetDeliveries);
        group.MapGet("/dead-letters", GetDeadLetters).RequirePartnerRole();
        return group;
    }

    private static async Task<Ok<DeliveriesView>> GetDeliveries(
        ConnectionId connection,
        IncidentDeliveriesStore store,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(await store.CountAsync(connection, cancellationToken));

    private static async Task<Ok<DeadLetterPage>> GetDeadLetters(
        ConnectionId connection,
        IncidentDeliveriesStore store,
        CancellationToken cancellationToken,
        long after = 0
    )
    {
        var letters = await store.ReadDeadLettersAsync(connection, after, PageSize, cancellationToken);
        return TypedResults.Ok(new DeadLetterPage(letters, letters.Count == PageSize ? letters[^1].Id : null));
    }
}

/// <summary>Answers people's questions about a connection's incidents.</summary>
internal sealed class IncidentDeliveriesStore(NpgsqlDataSource database, IOptions<IncidentsOptions> options)
{
    private const string IsOver = "lease_until < now() - CASE WHEN key_hash IS NULL THEN $2 ELSE $3 END";

    // Not done; or no repeated request is tied to it any more; or it cannot be looked for.
    private const string IsDead = $"(state = 'absent' OR (state = 'open' AND (is_forbidden OR {IsOver})))";

    // While it is looked for: as soon as the grant allows it, the outcome is known.
    private const string IsForbidden = "(state = 'open' AND is_forbidden AND called_at > now() - $3)";

    public async Task<DeliveriesView> CountAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"""
            SELECT count(*), count(*) FILTER (WHERE state = 'done'),
                count(*) FILTER (WHERE state = 'open' AND NOT {IsDead}), min(created_at) FILTER (WHERE state = 'open' AND NOT {IsDead}),
                count(*) FILTER (WHERE {IsDead}), coalesce(sum(calls - 1) FILTER (WHERE operation <> 'update'), 0)::bigint,
                count(*) FILTER (WHERE {IsForbidden})
            FROM intents WHERE connection = $1
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var backlog = new BacklogView(
            reader.GetInt64(2),
            0,
            reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3)
        );
        var forbidden = reader.GetInt64(6);
        return new DeliveriesView(
            reader.GetInt64(0),
            reader.GetInt64(1),
            backlog,
            reader.GetInt64(4),
            reader.GetInt64(5),
            0,
            forbidden == 0 ? "flowing" : "unknown",
            forbidden == 0
                ? null
                : $"Datadog's answer to {forbidden} was lost, and the grant lacks incident_read to look for them."
        );
    }

    public async Task<List<DeadLetterView>> ReadDeadLettersAsync(
        ConnectionId connection,
        long after,
        int most,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(
            $"""
            SELECT id, created_at, operation, marker, state = 'absent' FROM intents
            WHERE connection = $1 AND {IsDead} AND id > $4 ORDER BY id LIMIT $5
            """,
            connection,
            after,
            most
        );
        return await command.ReadAllAsync(ReadDeadLetter, cancellationToken);
    }

    private static DeadLetterView ReadDeadLetter(NpgsqlDataReader reader)
    {
        var (operation, isAbsent) = (reader.GetString(2), reader.GetBoolean(4));
        return new DeadLetterView(
            reader.GetInt64(0),
            reader.GetFieldValue<DateTimeOffset>(1),
            isAbsent ? "not_done" : "unknown",
            Describe(operation, reader.GetString(3), isAbsent),
            operation,
            null
        );
    }

    private static string Describe(string operation, string marker, bool isAbsent) =>
        operation == IncidentEndpoint.Update.Name
            ? "Datadog's answer was lost. It may be sent again: it sets the same values."
        : isAbsent ? $"Datadog's answer was lost, and nothing there bears {marker}: it was not done. Send it again."
        : $"Datadog's answer was lost. If it was done, it bears {marker}.";

    private NpgsqlCommand Command(string sql, ConnectionId connection, params object[] more) =>
        database.Command(sql, [connection.Text, options.Value.Tie, options.Value.Keep, .. more]);
}
