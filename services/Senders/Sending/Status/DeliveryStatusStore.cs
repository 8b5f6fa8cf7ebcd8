using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.Status;

internal sealed class DeliveryStatusStore(NpgsqlDataSource database)
{
    /// <summary>Later statuses overwrite earlier ones, in whichever order they are written.</summary>
    public Task WriteAsync(
        IReadOnlyList<(ConnectionId Connection, DeliveryStatus Status)> statuses,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            INSERT INTO delivery_trails AS t (connection, success_at, error_at, error_class, error_message)
            SELECT * FROM unnest($1, $2, $3, $4, $5) ORDER BY 1
            ON CONFLICT (connection) DO UPDATE SET
                success_at = greatest(t.success_at, excluded.success_at),
                error_at = greatest(t.error_at, excluded.error_at),
                error_class = CASE WHEN excluded.error_at < t.error_at OR excluded.error_at IS NULL THEN t.error_class ELSE excluded.error_class END,
                error_message = CASE WHEN excluded.error_at < t.error_at OR excluded.error_at IS NULL THEN t.error_message ELSE excluded.error_message END
            """,
            cancellationToken,
            Sql.ArrayOf(statuses.Select(t => t.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(statuses.Select(t => t.Status.SuccessAt?.UtcDateTime), NpgsqlDbType.TimestampTz),
            Sql.ArrayOf(statuses.Select(t => t.Status.Error?.At.UtcDateTime), NpgsqlDbType.TimestampTz),
            Sql.ArrayOf(statuses.Select(t => t.Status.Error?.Class), NpgsqlDbType.Text),
            Sql.ArrayOf(statuses.Select(t => t.Status.Error?.Message), NpgsqlDbType.Text)
        );

    public async Task<DeliveryStatus> ReadAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        await database
            .Command(
                "SELECT success_at, error_at, error_class, error_message FROM delivery_trails WHERE connection = $1",
                connection.Text
            )
            .ReadFirstAsync(
                reader => new DeliveryStatus(
                    reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0),
                    reader.IsDBNull(1)
                        ? null
                        : new ErrorView(
                            reader.GetString(2),
                            reader.GetString(3),
                            reader.GetFieldValue<DateTimeOffset>(1)
                        )
                ),
                cancellationToken
            )
        ?? DeliveryStatus.None;
}
