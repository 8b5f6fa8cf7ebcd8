using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Partner.Testing;

/// <summary>One call of a logger.</summary>
/// <param name="Level">Its level; none is a scope's.</param>
/// <param name="Message">As an operator reads it, with the exception after it, if there is one.</param>
/// <param name="Details">Category and structured values, or what a scope says.</param>
public sealed record LogLine(LogLevel Level, string Message, string Details);

/// <summary>Everything logged, at every level, with categories, structured values, exceptions and scopes.</summary>
public sealed class LogCapture : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    /// <summary>Off for load.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>The messages, without scopes.</summary>
    public IEnumerable<string> Messages =>
        _lines.Where(line => line.Level != LogLevel.None).Select(line => line.Message);

    /// <summary>The messages of one level.</summary>
    public IEnumerable<string> MessagesAt(LogLevel level) =>
        _lines.Where(line => line.Level == level).Select(line => line.Message);

    /// <summary>All that was said anywhere: what is not in here was not logged.</summary>
    public string Text => string.Join('\n', _lines.Select(line => $"{line.Details} {line.Level} {line.Message}"));

    public int Count(LogLevel level) => _lines.Count(line => line.Level == level);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            if (capture.Keeps)
            {
                capture._lines.Enqueue(new(LogLevel.None, "", $"{category} scope {state} {Values(state)}"));
            }

            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => capture.Keeps;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (capture.Keeps)
            {
                var message = $"{formatter(state, exception)}{exception}";
                capture._lines.Enqueue(new(logLevel, message, $"{category} {Values(state)}"));
            }
        }

        private static string Values<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : "";
    }
}
