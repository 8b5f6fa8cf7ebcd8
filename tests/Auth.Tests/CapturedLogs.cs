using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Partner.Auth.Tests;

/// <summary>All that the services log, at every level.</summary>
internal sealed class CapturedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];

    /// <summary>Off for load.</summary>
    public bool Keeps { get; set; } = true;

    public string Text => string.Join('\n', _lines.Select(line => line.Text));

    public int Count(LogLevel level) => _lines.Count(line => line.Level == level);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    private sealed class Logger(CapturedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logs.Keeps;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => logs._lines.Enqueue((logLevel, $"{category}: {formatter(state, exception)} {exception}"));
    }
}
