using Npgsql;

namespace Partner.Incidents;

internal static class Sql
{
    public static NpgsqlCommand Command(this NpgsqlDataSource source, string sql, params object?[] values) =>
        source.CreateCommand(sql).With(values);

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] values) =>
        new NpgsqlCommand(sql, connection).With(values);

    public static async Task<int> ExecuteAsync(
        this NpgsqlDataSource source,
        string sql,
        CancellationToken cancellationToken,
        params object?[] values
    )
    {
        await using var command = source.Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection,
        string sql,
        CancellationToken cancellationToken,
        params object?[] values
    )
    {
        await using var command = connection.Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand With(this NpgsqlCommand command, object?[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
