using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.DeadLetters;

/// <summary>Which of a connection's dead letters; a property that is null matches any.</summary>
internal sealed record DeadLetterFilter(ConnectionId Connection)
{
    public string? Reason { get; init; }

    /// <summary>When they were given up.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Not included.</summary>
    public DateTimeOffset? To { get; init; }

    public long[]? Ids { get; init; }

    public bool? Replayed { get; init; }

    public bool IsAll => Reason is null && From is null && To is null && Ids is null;

    /// <summary>
    /// The conditions that are asked for and no others, so that the plan is that of the question. Adds their
    /// parameters, which stand behind those that the command has.
    /// </summary>
    public string Where(NpgsqlCommand command)
    {
        var sql = new StringBuilder("connection = ").Append(Add(command, Connection.Text));
        Append(command, sql, "reason = ", Reason);
        Append(command, sql, "at >= ", From?.UtcDateTime);
        Append(command, sql, "at < ", To?.UtcDateTime);
        if (Ids is not null)
        {
            sql.Append(" AND id = ANY (").Append(Add(command, Ids)).Append(')');
        }

        return Replayed is { } replayed
            ? sql.Append(replayed ? " AND replayed_at IS NOT NULL" : " AND replayed_at IS NULL").ToString()
            : sql.ToString();
    }

    internal static string Add(NpgsqlCommand command, object value)
    {
        command.Parameters.Add(
            value is DateTime
                ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz }
                : new() { Value = value }
        );
        return $"${command.Parameters.Count}";
    }

    private static void Append(NpgsqlCommand command, StringBuilder sql, string condition, object? value)
    {
        if (value is not null)
        {
            sql.Append(" AND ").Append(condition).Append(Add(command, value));
        }
    }
}
