using Npgsql;
using Partner.Contracts;

namespace Partner.Sending.Outbox;

/// <summary>How much is stored.</summary>
internal sealed class BacklogStore(NpgsqlDataSource database)
{
    private const int TimeoutSeconds = 60;

    /// <summary>Bytes of each connection, uncompressed; what was set aside as torn takes room too.</summary>
    public async Task<Dictionary<ConnectionId, long>> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT connection, sum(raw_bytes)::bigint FROM segments GROUP BY connection");
        command.CommandTimeout = TimeoutSeconds;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var bytes = new Dictionary<ConnectionId, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            bytes[ConnectionId.Parse(reader.GetString(0))] = reader.GetInt64(1);
        }

        return bytes;
    }
}
