using System.Text.Json;

namespace Orders.Tools.Running;

/// <summary>Reads and writes small JSON files of the directory: whole or not at all, and for their owner's eyes only.</summary>
internal static class StateFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The system's state; null before the first <c>up</c>.</summary>
    public static SystemState? Read(Workspace workspace) => Read<SystemState>(workspace.StateFile);

    public static T? Read<T>(string file)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), Format);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException broken)
        {
            throw BusException.Failed($"{file} is not what bus wrote: {broken.Message} Remove it if nothing of this system runs any more.");
        }
        catch (UnauthorizedAccessException)
        {
            throw BusException.Failed($"{file} may not be read by this user. Run bus as the user who started the system.");
        }
    }

    public static void Write<T>(string file, T content)
    {
        var fresh = $"{file}.{Environment.ProcessId}.new";
        using (var stream = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(stream, content, Format);
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, file, overwrite: true);
    }
}
