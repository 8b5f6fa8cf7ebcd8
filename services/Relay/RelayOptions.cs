using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>What there is to configure. A value that is wrong stops the start.</summary>
internal sealed class RelayOptions
{
    public const string SectionName = "Relay";

    /// <summary>Scheme, host and port of the gateway, as <c>https://api.dd.partner.example</c>.</summary>
    public Uri? Gateway { get; init; }

    /// <summary>Where calls of gRPC go, if the gateway has another port for them, as it has without TLS.</summary>
    public Uri? GrpcGateway { get; init; }

    /// <summary>The ingest key. A file is better: it can be changed, and an environment is seen by many.</summary>
    public string? Key { get; init; }

    /// <summary>A file with the ingest key and nothing else, as a secret is mounted; read again when it changes.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Where it listens. Whoever reaches it sends with the key, so by default that is this machine alone.</summary>
    public string Address { get; init; } = "localhost";

    /// <summary>A Datadog Agent's for traces; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 8126;

    /// <summary>For OTLP by gRPC, usually 4317: without TLS HTTP/2 needs a port of its own. Null: not served.</summary>
    [Range(1, 65535)]
    public int? GrpcPort { get; init; }

    /// <summary>For probes, on every address. Null: none.</summary>
    [Range(1, 65535)]
    public int? HealthPort { get; init; }

    /// <summary>Whether the key may leave this machine without TLS.</summary>
    public bool AllowPlainText { get; init; }

    /// <summary>Whether the environment's proxy (<c>HTTPS_PROXY</c>) is used.</summary>
    public bool UseProxy { get; init; }
}

internal static class RelayOptionsFeature
{
    public static void AddRelayOptions(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptionsWithValidateOnStart<RelayOptions>()
            .BindConfiguration(RelayOptions.SectionName)
            .ValidateDataAnnotations();
        builder.Services.AddSingleton<IValidateOptions<RelayOptions>, RelayOptionsRules>();
        // It ends by itself before Kubernetes, which waits for 30 s, kills it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.Services.AddSingleton(TimeProvider.System);
    }
}
