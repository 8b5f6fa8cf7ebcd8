using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>Whether Redis and Postgres run as containers, or as this machine's own servers.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A published system always has containers. A run has them where the orchestrator says that an engine runs, or
    /// where the setting <c>Containers</c> says so; other systems than Linux have nothing else.
    /// </summary>
    public static bool Runs(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode || !OperatingSystem.IsLinux())
        {
            return true;
        }

        return builder.Configuration.GetValue<bool?>("Containers") ?? Ask(builder);
    }

    // `dcp info` knows docker and podman and the variables that choose between them. Aspire's own look at the engine
    // (IContainerRuntimeResolver) comes after Build(), too late to choose resources by it.
    private static bool Ask(IDistributedApplicationBuilder builder)
    {
        var dcp =
            builder
                .AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
                .FirstOrDefault(metadata => metadata.Key == "dcpclipath")
                ?.Value
            ?? throw new InvalidOperationException("The AppHost was built without Aspire's orchestrator.");
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(dcp, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            // It says little: a pipe holds it all.
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return false;
            }

            return SaysRunning(process.StandardOutput.ReadToEnd());
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException(
                $"Aspire's orchestrator is missing: {dcp}. Restore the packages again.",
                missing
            );
        }
    }

    /// <param name="info">What <c>dcp info</c> prints: <c>{"containers":{"installed":true,"running":false}}</c> and more.</param>
    internal static bool SaysRunning(string info)
    {
        using var answer = JsonDocument.Parse(info);
        return answer.RootElement.TryGetProperty("containers", out var containers)
            && containers.TryGetProperty("running", out var running)
            && running.ValueKind == JsonValueKind.True;
    }
}
