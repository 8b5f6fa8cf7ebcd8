using Npgsql;
using NpgsqlTypes;
using Partner.Sending.Accept;

namespace Partner.Sending.Outbox;

/// <summary>How much is stored.</summary>
internal sealed class BacklogStore(NpgsqlDataSource database, TimeProvider time)
{
    // Those of a day may be millions; in between only the newer ones are read. Keys that were removed meanwhile count
    // so long.
    private static readonly TimeSpan KeysEvery = TimeSpan.FromMinutes(10);
    private readonly Dictionary<ConnectionId, long> _keys = [];
    private DateTime _keysUntil;
    private long? _keysAt;

    private const int TimeoutSeconds = 60;

    /// <summary>Bytes of each connection, uncompressed; segments that were set aside as torn take room too.</summary>
    public async Task<Dictionary<ConnectionId, long>> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var command = database.Command(
            "SELECT connection, sum(raw_bytes)::bigint FROM segments GROUP BY connection"
        );
        command.CommandTimeout = TimeoutSeconds;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var bytes = new Dictionary<ConnectionId, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            bytes[ConnectionId.Parse(reader.GetString(0))] = reader.GetInt64(1);
        }

        await reader.CloseAsync();
        await MeasureKeysAsync(cancellationToken);
        foreach (var (connection, kept) in _keys)
        {
            bytes[connection] = bytes.GetValueOrDefault(connection) + kept;
        }

        return bytes;
    }

    private async Task MeasureKeysAsync(CancellationToken cancellationToken)
    {
        var isAnew = _keysAt is not { } at || time.GetElapsedTime(at) >= KeysEvery;
        await using var command = database.Command(
            $"""
            SELECT connection, sum({KeptAnswer.RowBytes} + octet_length(answer))::bigint, max(created_at)
            FROM idempotency_keys WHERE created_at > $1 GROUP BY connection
            """
        );
        command.CommandTimeout = TimeoutSeconds;
        command.Parameters.Add(
            new() { Value = isAnew ? DateTime.MinValue : _keysUntil, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (isAnew)
        {
            _keys.Clear();
            _keysAt = time.GetTimestamp();
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            var connection = ConnectionId.Parse(reader.GetString(0));
            _keys[connection] = _keys.GetValueOrDefault(connection) + reader.GetInt64(1);
            _keysUntil = reader.GetDateTime(2) is var last && last > _keysUntil ? last : _keysUntil;
        }
    }
}
