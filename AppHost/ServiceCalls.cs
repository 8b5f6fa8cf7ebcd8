using System.Security.Cryptography;

namespace Partner.AppHost;

/// <summary>Which service may call which: each service holds its own private key, its callees the public one.</summary>
internal static class ServiceCalls
{
    private sealed class KeyAnnotation(IResourceBuilder<ParameterResource> publicKey) : IResourceAnnotation
    {
        public IResourceBuilder<ParameterResource> PublicKey { get; } = publicKey;
    }

    /// <summary>An ES256 key pair: PKCS#8 and SubjectPublicKeyInfo, base64. Fresh for a local run, configured elsewhere.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceKey(
        this IResourceBuilder<ProjectResource> service,
        Secrets secrets
    )
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = service.Resource.Name;
        var privateKey = secrets.Add(
            $"{name}-private-key",
            $"ES256 key of {name}: PKCS#8, base64",
            () => Convert.ToBase64String(pair.ExportPkcs8PrivateKey())
        );
        var publicKey = secrets.Add(
            $"{name}-public-key",
            $"The public half of {name}'s key, base64",
            () => Convert.ToBase64String(pair.ExportSubjectPublicKeyInfo())
        );
        return service
            .WithAnnotation(new KeyAnnotation(publicKey))
            .WithEnvironment("ServiceTokens__Name", name)
            .WithEnvironment("ServiceTokens__PrivateKey", privateKey);
    }

    /// <summary>
    /// Lets <paramref name="caller"/> use the named permissions of <paramref name="callee"/>. It does not wait for it: a
    /// service takes the absence of another for what it is, 503, and in a cluster they start in any order as well.
    /// </summary>
    public static IResourceBuilder<ProjectResource> Calling(
        this IResourceBuilder<ProjectResource> caller,
        IResourceBuilder<ProjectResource> callee,
        params string[] permissions
    )
    {
        var name = caller.Resource.Name;
        var key = caller.Resource.Annotations.OfType<KeyAnnotation>().Single();
        callee.WithEnvironment($"ServiceTokens__Callers__{name}__PublicKey", key.PublicKey);
        for (var i = 0; i < permissions.Length; i++)
        {
            callee.WithEnvironment($"ServiceTokens__Callers__{name}__Permissions__{i}", permissions[i]);
        }

        return caller.WithReference(callee.GetEndpoint("http"));
    }

    /// <summary>All services so far: those with a key of their own.</summary>
    public static IEnumerable<IResourceBuilder<ProjectResource>> Services(
        this IDistributedApplicationBuilder builder
    ) => ServicesOf(builder.Resources).Select(builder.CreateResourceBuilder);

    /// <inheritdoc cref="Services(IDistributedApplicationBuilder)"/>
    public static IReadOnlyCollection<IResource> Services(this DistributedApplicationModel model) =>
        [.. ServicesOf(model.Resources)];

    private static IEnumerable<ProjectResource> ServicesOf(IEnumerable<IResource> resources) =>
        resources.OfType<ProjectResource>().Where(r => r.Annotations.OfType<KeyAnnotation>().Any());

    /// <summary>
    /// The sandbox hop: a service that calls Datadog dials the sandbox instead. Egress allows that on loopback and in
    /// Development alone, so this is also what makes the services run in Development. The sandbox has all nine sites.
    /// </summary>
    public static void DialSandboxInsteadOfDatadog(
        this IDistributedApplicationBuilder builder,
        IResourceBuilder<ProjectResource> sandbox
    )
    {
        foreach (var service in builder.Services())
        {
            service
                .WithEnvironment("ASPNETCORE_ENVIRONMENT", "Development")
                .WithEnvironment("Egress__Realm", "Both")
                .WithEnvironment("Egress__Sandbox__Endpoint", sandbox.GetEndpoint("tls"))
                .WithEnvironment("Egress__Sandbox__Pages", sandbox.GetEndpoint("http"));
        }
    }
}
