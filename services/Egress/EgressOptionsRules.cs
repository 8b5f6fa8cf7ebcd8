using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>The options that a service refuses to start with.</summary>
internal sealed class EgressOptionsRules(IHostEnvironment environment) : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options)
    {
        string[] broken =
        [
            .. AboutSites(options).Select(problem => $"Egress:SitesPath: {problem}."),
            .. AboutPlatform(options.OtlpPlatform),
            .. AboutNetworks(options),
            .. AboutProxy(options),
            .. AboutSandbox(options.Sandbox, environment.IsDevelopment()),
        ];
        return broken.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(broken);
    }

    private IEnumerable<string> AboutSites(EgressOptions options)
    {
        try
        {
            var file = SitesFile.Read(options.PathIn(environment));
            string[] broken = [.. SiteRules.Broken(file, options.AdditionalDomains)];
            return broken.Length > 0 || file.ToSites().In(options.Realm).Any()
                ? broken
                : [$"it has no site of the realm {options.Realm}"];
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return [exception.Message];
        }
    }

    private static IEnumerable<string> AboutPlatform(string? platform) =>
        platform is null || HostName.IsLabel(platform)
            ? []
            : ["Egress:OtlpPlatform is not one label of a host name, in lower case."];

    private static IEnumerable<string> AboutNetworks(EgressOptions options) =>
        from setting in new[]
        {
            (Name: nameof(EgressOptions.AllowedPrivateNetworks), Networks: options.AllowedPrivateNetworks),
            (Name: nameof(EgressOptions.PartnerNetworks), Networks: options.PartnerNetworks),
        }
        from network in setting.Networks
        where !IPNetwork.TryParse(network, out _)
        select $"Egress:{setting.Name}: {network} is not a network such as 10.1.0.0/16.";

    private static IEnumerable<string> AboutProxy(EgressOptions options)
    {
        if (options.Proxy is not { } proxy)
        {
            yield break;
        }

        if (proxy is not { IsAbsoluteUri: true, Scheme: "http", UserInfo: "", PathAndQuery: "/" })
        {
            yield return "Egress:Proxy is not of the form http://host:port.";
        }

        if (options.Sandbox.Endpoint is not null)
        {
            yield return "Egress:Proxy and Egress:Sandbox exclude each other.";
        }
    }

    private static IEnumerable<string> AboutSandbox(EgressOptions.SandboxOptions sandbox, bool isDevelopment)
    {
        if (sandbox.Endpoint is null && sandbox.Pages is null)
        {
            yield break;
        }

        if (!isDevelopment)
        {
            yield return "Egress:Sandbox is for the environment Development only.";
        }

        if (!IsLoopback(sandbox.Endpoint, "tcp"))
        {
            yield return "Egress:Sandbox:Endpoint is not of the form tcp://localhost:port.";
        }

        if (!IsLoopback(sandbox.Pages, Uri.UriSchemeHttp))
        {
            yield return "Egress:Sandbox:Pages is not of the form http://localhost:port.";
        }
    }

    // By name or literal, without DNS: a name that resolves to loopback today may not tomorrow.
    private static bool IsLoopback(Uri? uri, string scheme) =>
        uri is { IsAbsoluteUri: true, Port: > 0 }
        && uri.Scheme == scheme
        && (
            uri.Host == "localhost"
            || (IPAddress.TryParse(uri.DnsSafeHost, out var address) && IPAddress.IsLoopback(address))
        );
}

internal static class EgressOptionsPaths
{
    public static string? PathIn(this EgressOptions options, IHostEnvironment environment) =>
        string.IsNullOrEmpty(options.SitesPath) ? null : Path.Combine(environment.ContentRootPath, options.SitesPath);
}
