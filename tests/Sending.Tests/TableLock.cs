using Npgsql;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>Holds a table, so that a commit waits where it comes to it.</summary>
internal sealed class TableLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private TableLock(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    public static async Task<TableLock> TakeAsync(NpgsqlDataSource admin, string table)
    {
        var connection = await admin.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return new TableLock(connection, transaction);
    }

    /// <summary>Until a statement of this database waits for somebody else.</summary>
    /// <returns>The process that runs it.</returns>
    public static Task<int> WaitForAsync(NpgsqlDataSource admin, string statement) =>
        Until.AnsweredAsync(
            async () =>
            {
                await using var command = admin.CreateCommand(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1
                    """
                );
                command.Parameters.Add(new() { Value = $"%{statement}%" });
                return await command.ExecuteScalarAsync() as int? ?? 0;
            },
            pid => pid != 0,
            text: statement
        );

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
