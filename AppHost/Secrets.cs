using System.Security.Cryptography;

namespace Partner.AppHost;

/// <summary>
/// Secret parameters. Configured ones are taken as they are; a local run makes up the others, since its stores are
/// as new as it is. A published system has no made-up secret.
/// </summary>
internal sealed class Secrets(IDistributedApplicationBuilder builder)
{
    /// <param name="description">What it is, for the operator who has to set it.</param>
    public IResourceBuilder<ParameterResource> Add(string name, string description, Func<string>? make = null) =>
        (
            IsMadeUp(name)
                ? builder.AddParameter(name, (make ?? NewPassword)(), secret: true)
                : builder.AddParameter(name, secret: true)
        ).WithDescription(description);

    public bool IsMadeUp(string name) =>
        builder.ExecutionContext.IsRunMode && builder.Configuration[$"Parameters:{name}"] is null;

    public static string NewPassword() => RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>256 bits, base64.</summary>
    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Datadog's client ids are UUIDs (datadog-facts 2.3).</summary>
    public static string NewClientId() => new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
}
