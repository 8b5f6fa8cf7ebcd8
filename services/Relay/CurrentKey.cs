using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>The key that goes on with each request: of a file the newest that it held.</summary>
internal sealed partial class CurrentKey(IOptions<RelayOptions> options, ILogger<CurrentKey> logger)
{
    private Secret _value = KeyText.Read(options.Value).Key!;
    private bool _isLost;

    public Secret Value => Volatile.Read(ref _value);

    /// <summary>One look at the file. While it holds no key the last one stays: a file is not changed in one step by everyone.</summary>
    public void ReadAgain()
    {
        var (key, fault) = KeyText.Read(options.Value);
        if (key is null)
        {
            if (!_isLost)
            {
                Log.Lost(logger, fault!);
            }

            _isLost = true;
            return;
        }

        _isLost = false;
        if (!key.Equals(Value))
        {
            Volatile.Write(ref _value, key);
            Log.Changed(logger, options.Value.KeyFile!);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The key in {File} has changed")]
        public static partial void Changed(ILogger logger, string file);

        [LoggerMessage(LogLevel.Warning, "The last key stays in use: {Fault}")]
        public static partial void Lost(ILogger logger, string fault);
    }
}
