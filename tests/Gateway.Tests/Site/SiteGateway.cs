namespace Partner.Gateway.Tests.Site;

/// <summary>A gateway that has a site of the partner's own.</summary>
public sealed class SiteGateway : IAsyncLifetime
{
    public const string Domain = "dd.partner.example";

    /// <summary>All that is asked here comes without a key, or with none that lives.</summary>
    internal GatewayHost Gateway { get; } =
        new(
            $"--Site:Domain={Domain}",
            $"--Site:PublicUrl=https://connect.{Domain}",
            "--Limits:Failures:Burst=1000000",
            "--Limits:People:Burst=1000000"
        );

    public ValueTask InitializeAsync() => Gateway.InitializeAsync();

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    internal Task<Answer> AskAsync(string host, string method, string path, string? key = null) =>
        Gateway.SendAsync(new HttpMethod(method), path, key, headers: headers => headers.Host = host);
}
