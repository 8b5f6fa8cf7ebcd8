using Microsoft.Extensions.Options;
using Npgsql;

namespace Partner.Sending;

/// <summary>Whether this database keeps what it has committed, without which no success that we answer is true.</summary>
internal sealed partial class DatabaseSafety(
    NpgsqlDataSource database,
    IHostApplicationLifetime lifetime,
    IOptions<OutboxOptions> options,
    ILogger<DatabaseSafety> logger
)
{
    /// <summary>False only where a development setting allows a database that may lose commits.</summary>
    public bool IsRequired => !options.Value.AllowUnsafeDatabase;

    /// <exception cref="UnsafeDatabaseException">It does not.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var names = await DurableDatabase.FindUnsafeSettingsAsync(database, cancellationToken);
        if (names.Count > 0 && IsRequired)
        {
            throw new UnsafeDatabaseException(names);
        }
    }

    /// <summary>It came up, or came back, with settings under which a success would be a lie.</summary>
    public void Stop(UnsafeDatabaseException exception)
    {
        Log.Unsafe(logger, exception.Message);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "Stopping: {Message}")]
        public static partial void Unsafe(ILogger logger, string message);
    }
}

/// <summary>On such a database a success would not mean safe.</summary>
internal sealed class UnsafeDatabaseException(IEnumerable<string> settings)
    : Exception(
        DurableDatabase.MistakeOf(settings, $"{OutboxOptions.SectionName}:{nameof(OutboxOptions.AllowUnsafeDatabase)}")
    );
