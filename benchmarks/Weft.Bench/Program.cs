using Weft.Bench;

return await BenchCommand.RunAsync(args);
