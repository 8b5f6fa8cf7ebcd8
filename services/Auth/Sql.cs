using Npgsql;

namespace Partner.Auth;

internal static class Sql
{
    public static NpgsqlCommand Command(this NpgsqlDataSource source, string sql, params object?[] values)
    {
        var command = source.CreateCommand(sql);
        AddValues(command, values);
        return command;
    }

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        AddValues(command, values);
        return command;
    }

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

    public static string? TextOrNull(this NpgsqlDataReader reader, string column) =>
        reader[column] is string text ? text : null;

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader reader, string column)
    {
        var ordinal = reader.GetOrdinal(column);
        return reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
    }

    private static void AddValues(NpgsqlCommand command, object?[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }
    }
}
