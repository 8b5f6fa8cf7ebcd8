using System.Diagnostics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Partner.Testing;

namespace Partner.Egress.Tests;

/// <summary>The services as they were built: their compiled code, and their hosts before they start.</summary>
internal static class BuiltServices
{
    /// <summary>Every assembly of the product that runs in a service.</summary>
    public static IReadOnlyList<string> Assemblies { get; } =
    [
        .. new[] { "services", "ServiceDefaults" }
            .SelectMany(room =>
                Directory.EnumerateFiles(Repository.PathOf(room), "*.csproj", SearchOption.AllDirectories)
            )
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Those that are processes of their own and have Egress in them.</summary>
    public static IEnumerable<string> WithEgress =>
        Assemblies.Where(name => Load(name).EntryPoint is not null && References(name).Contains("Egress"));

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");

    /// <summary>Every method of other assemblies that this one names, as type and name.</summary>
    public static IEnumerable<(string Type, string Method)> Calls(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        return
        [
            .. from handle in reader.MemberReferences
            let member = reader.GetMemberReference(handle)
            where member.Parent.Kind == HandleKind.TypeReference
            let type = reader.GetTypeReference((TypeReferenceHandle)member.Parent)
            select ($"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}", reader.GetString(member.Name)),
        ];
    }

    /// <summary>Runs a service's own Main up to the host that it builds.</summary>
    public static IHost BuildHost(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] args =
        [
            "--urls=http://127.0.0.1:0",
            "--ConnectionStrings:database=Host=127.0.0.1;Port=1",
            "--ConnectionStrings:cache=127.0.0.1:1",
            $"--ServiceTokens:Name={name}",
            $"--ServiceTokens:PrivateKey={Convert.ToBase64String(key.ExportPkcs8PrivateKey())}",
        ];
        using var stop = new HostStop();
        using var subscription = DiagnosticListener.AllListeners.Subscribe(stop);
        try
        {
            Load(name).EntryPoint!.Invoke(null, [args]);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is HostBuiltException) { }

        return stop.Host ?? throw new InvalidOperationException($"{name} built no host.");
    }

    private static Assembly Load(string name) => Assembly.LoadFrom(PathOf(name));

    // The senders have it through Sending.
    private static HashSet<string> References(string name)
    {
        var found = new HashSet<string>();
        var left = new Queue<string>([name]);
        while (left.TryDequeue(out var next))
        {
            foreach (
                var reference in Load(next)
                    .GetReferencedAssemblies()
                    .Select(reference => reference.Name!)
                    .Where(Assemblies.Contains)
            )
            {
                if (found.Add(reference))
                {
                    left.Enqueue(reference);
                }
            }
        }

        return found;
    }

    private sealed class HostBuiltException : Exception;

    // The events by which tools find the host of a program that they did not write.
    private sealed class HostStop : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private readonly List<IDisposable> _subscriptions = [];

        public IHost? Host { get; private set; }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting" && Environment.CurrentManagedThreadId == _thread)
            {
                _subscriptions.Add(value.Subscribe(this));
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == "HostBuilt" && Environment.CurrentManagedThreadId == _thread && Host is null)
            {
                Host = (IHost)value.Value!;
                throw new HostBuiltException();
            }
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }

        public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
    }
}
