using Microsoft.Extensions.Configuration.Memory;

namespace Partner.ServiceDefaults;

/// <summary>
/// Every request and every SQL statement is a span already. As log lines they would drown what happened, and they are
/// where a URL could give something away.
/// </summary>
internal static class LogLevels
{
    public static void AddLogLevels(this IHostApplicationBuilder builder) =>
        // First, so that any other configuration wins.
        builder.Configuration.Sources.Insert(
            0,
            new MemoryConfigurationSource
            {
                InitialData = new Dictionary<string, string?>
                {
                    ["Logging:LogLevel:Default"] = "Information",
                    ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                    ["Logging:LogLevel:Npgsql"] = "Warning",
                    ["Logging:LogLevel:System.Net.Http"] = "Warning",
                    ["Logging:LogLevel:Yarp"] = "Warning",
                    ["Logging:LogLevel:Partner.ServiceDefaults.ServiceTokens"] = "Warning",
                },
            }
        );
}
