using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;

namespace Partner.Relay;

/// <summary>
/// Where it listens, and what it lets in: as much as the gateway, which decides. Which port a request came in on says
/// what it is for.
/// </summary>
internal static class Listeners
{
    private const string HealthPath = "/health";

    public static void AddListeners(this WebApplicationBuilder builder)
    {
        // First, so that any other configuration wins. A request's own line would have its query, and keys may be in it.
        builder.Configuration.Sources.Insert(
            0,
            new MemoryConfigurationSource
            {
                InitialData = new Dictionary<string, string?>
                {
                    ["Logging:LogLevel:Default"] = "Information",
                    ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                    // RelayLog says it once, and not for each request.
                    ["Logging:LogLevel:Yarp"] = "Error",
                },
            }
        );
        var options = builder.Configuration.GetSection(RelayOptions.SectionName).Get<RelayOptions>() ?? new();
        // Its own settings alone: those of ASP.NET Core may be of the service beside, or of the base image.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        builder.WebHost.UseUrls([.. Urls(options)]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ConfigureEndpointDefaults(endpoint =>
                endpoint.Protocols =
                    options.GrpcPort is { } grpc && endpoint.IPEndPoint?.Port == grpc
                        ? HttpProtocols.Http2
                        : HttpProtocols.Http1
            );
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            // A character for each byte, both ways, so that a header goes on as it came (RFC 9110 5.5).
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
    }

    /// <summary>
    /// 200 on the port of health while this process takes requests. It says nothing of the gateway: with the gateway away
    /// the service beside is to go on.
    /// </summary>
    public static void UseHealth(this WebApplication app)
    {
        if (
            app.Configuration.GetValue<int?>($"{RelayOptions.SectionName}:{nameof(RelayOptions.HealthPort)}")
            is not { } port
        )
        {
            return;
        }

        app.Use(
            (context, next) =>
            {
                if (context.Connection.LocalPort != port)
                {
                    return next(context);
                }

                context.Response.StatusCode = context.Request.Path.Equals(HealthPath, StringComparison.Ordinal)
                    ? StatusCodes.Status200OK
                    : StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }
        );
    }

    private static IEnumerable<string> Urls(RelayOptions options)
    {
        var host = options.Address.Contains(':', StringComparison.Ordinal) ? $"[{options.Address}]" : options.Address;
        yield return $"http://{host}:{options.Port}";
        if (options.GrpcPort is { } grpc)
        {
            yield return $"http://{host}:{grpc}";
        }

        if (options.HealthPort is { } health)
        {
            yield return $"http://*:{health}";
        }
    }
}
