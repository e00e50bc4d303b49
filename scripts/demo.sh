#!/usr/bin/env bash
# The whole way on synthetic exams: phantoms -> datalist -> training -> evaluation -> inference. About three minutes on two cores.
# The small network and image are for the clock only; the bundle's own defaults are ResNet-50 at 512x512.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
bundle=$(cd "$(dirname "$0")/../bundles/birads_classifier" && pwd)
data=$out/phantoms
tracking=${MLFLOW_TRACKING_URI:-sqlite:///$out/mlflow.db}

step() { printf '\n== %s\n' "$1"; }
bundle_run() {
    # Everything goes to the log; of a training, the line of each epoch is shown.
    if ! python -W ignore -m monai.bundle run "$@" --bundle_root "$bundle" --meta_file "$bundle/configs/metadata.json" \
        --logging_file "$bundle/configs/logging.conf" 2>&1 | tee -a "$out/demo.log" |
        { grep --line-buffered -o 'epoch [0-9]*/[0-9]*: .*' || true; }; then
        tail -n 20 "$out/demo.log"
        echo "the demo failed; its log is $out/demo.log"
        exit 1
    fi
}

rm -rf "$out/run" "$out/inference"
: >"$out/demo.log"
step "60 synthetic exams in the layout of VinDr-Mammo: $data"
draw() { mammo-monai phantom --out "$data" --exams 60 --seed 1; }
draw 2>"$out/demo.log" || { rm -rf "$data" && draw; } # an earlier version drew other ones here
step "datalist: patients divided, classes of the Hanoi study"
mammo-monai datalist phantom --root "$data" --out "$data/datalist.json" --labels birads3 --split official
step "training (whole log: $out/demo.log)"
bundle_run training --config_file "$bundle/configs/train.json" --dataset_dir "$data" --output_dir "$out/run" \
    --cache_dir "$out/cache" --tracking_uri "$tracking" --backbone resnet18 --weights none --spatial_size 128 \
    --batch_size 16 --max_epochs 16 --learning_rate 1e-3 --num_workers 1
step "evaluation on the test exams"
bundle_run --config_file "['$bundle/configs/train.json','$bundle/configs/evaluate.json']" --dataset_dir "$data" \
    --output_dir "$out/run" --cache_dir "$out/cache" --tracking_uri "$tracking"
exam=$(python -c "import json, sys; print(json.load(open(sys.argv[1]))['test'][0]['image'].rpartition('/')[0])" "$data/datalist.json")
step "inference on the DICOM exam $exam"
bundle_run --config_file "$bundle/configs/inference.json" --dataset_dir "$data/$exam" --output_dir "$out/inference" \
    --weights "$out/run/model.pt"
cut -d, -f4,5,7-10 "$out/inference/predictions.csv"

step "done"
sed -n 's/^macAUC/macAUC on the phantoms'"'"' test exams:/p' "$out/run/report.md"
echo "report:    $out/run/report.md"
echo "MLflow UI: $(dirname "$(command -v python)")/mlflow ui --backend-store-uri $tracking, then open http://127.0.0.1:5000"
echo "Research use only, not for clinical use."
