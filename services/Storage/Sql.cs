using Npgsql;
using NpgsqlTypes;

namespace Partner.Storage;

/// <summary>
/// SQL with positional parameters (<c>$1</c>): null is NULL, an <see cref="NpgsqlParameter"/> goes as it is.
/// </summary>
public static class Sql
{
    public static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, params object?[] values) =>
        With(database.CreateCommand(sql), values);

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] values) =>
        With(new NpgsqlCommand(sql, connection), values);

    public static NpgsqlBatchCommand BatchCommand(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        Array.ForEach(values, value => command.Parameters.Add(Parameter(value)));
        return command;
    }

    /// <returns>Rows changed.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlDataSource database,
        string sql,
        CancellationToken cancellationToken,
        params object?[] values
    )
    {
        await using var command = database.Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>Rows changed.</returns>
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

    /// <summary>Runs the command, once. Every row, in the order of the answer.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlCommand command,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken
    )
    {
        await using var once = command;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Runs the command, once.</summary>
    /// <returns>The first row; null: there is none.</returns>
    public static async Task<T?> ReadFirstAsync<T>(
        this NpgsqlCommand command,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        await using var once = command;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    /// <summary>Runs the command, once.</summary>
    /// <returns>The first column of the first row; null, where the type has it: there is none, or it is NULL.</returns>
    public static async Task<T> ScalarAsync<T>(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var once = command;
        var value = await command.ExecuteScalarAsync(cancellationToken);
        return (T)(value is DBNull ? null : value)!;
    }

    public static string? TextOrNull(this NpgsqlDataReader reader, string column) =>
        reader[column] is string text ? text : null;

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader reader, string column)
    {
        var ordinal = reader.GetOrdinal(column);
        return reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
    }

    /// <summary>An array, whose type an empty one does not tell.</summary>
    public static NpgsqlParameter ArrayOf<T>(IEnumerable<T> values, NpgsqlDbType type) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };

    /// <summary>A value that may be null, of a type that the statement does not tell.</summary>
    public static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlCommand With(NpgsqlCommand command, object?[] values)
    {
        Array.ForEach(values, value => command.Parameters.Add(Parameter(value)));
        return command;
    }

    private static NpgsqlParameter Parameter(object? value) =>
        value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value };
}
